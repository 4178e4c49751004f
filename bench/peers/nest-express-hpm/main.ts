import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { forward } from './forward.js';
import { PeerModule } from './peer.module.js';

/** What teams build by hand today: Nest on Express with http-proxy-middleware. */
const app = await NestFactory.create<NestExpressApplication>(PeerModule, {
  logger: false,
  bodyParser: false, // a parsed body could not be piped on
});
app.disable('x-powered-by');
app.disable('etag');
// The bare row: as http-proxy-middleware's documents mount it, before Nest's own pipeline.
app.use('/bare', forward('/bare'));
app.getHttpServer().keepAliveTimeout = 75_000;
await app.listen(7409, '127.0.0.1');
