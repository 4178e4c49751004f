import { randomUUID } from 'node:crypto';
import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import type { Request, Response } from 'express';
import { pino } from 'pino';
import type { Observable } from 'rxjs';

// Buffered, as pino's documents advise for logs under load.
const log = pino({ base: null }, pino.destination({ dest: 1, sync: false, minLength: 4096 }));

/** The correlation id and one JSON line a request, with the fields of Portcullis's access line. */
@Injectable()
export class AccessLogInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const startedAt = performance.now();
    const http = context.switchToHttp();
    const req = http.getRequest<Request & { user?: { subject: string } }>();
    const res = http.getResponse<Response>();
    const correlationId = req.get('x-correlation-id') ?? randomUUID();
    req.headers['x-correlation-id'] = correlationId;
    res.setHeader('X-Correlation-ID', correlationId);
    res.on('close', () => {
      log.info({
        method: req.method,
        route: '/interpreted/*path',
        path: req.originalUrl,
        status: res.statusCode,
        latencyMs: performance.now() - startedAt,
        upstream: 'users',
        correlationId,
        principal: req.user?.subject,
        bytes: Number(res.getHeader('content-length')),
      });
    });
    return next.handle();
  }
}
