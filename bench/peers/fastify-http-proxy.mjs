import proxy from '@fastify/http-proxy';
import fastify from 'fastify';

const server = fastify({
  logger: false, // no access log in the bare row
  keepAliveTimeout: 75_000,
});
await server.register(proxy, {
  upstream: 'http://127.0.0.1:7400',
  prefix: '/bare',
  rewritePrefix: '/bare',
  // undici is its default client, and the faster one; as many connections as there are clients.
  undici: { connections: 256, pipelining: 1, keepAliveTimeout: 60_000 },
  replyOptions: {
    // It sends no forwarding headers by itself.
    rewriteRequestHeaders: (request, headers) => ({
      ...headers,
      'x-forwarded-for': request.ip,
      'x-forwarded-proto': request.protocol,
    }),
  },
});
await server.listen({ port: 7408, host: '127.0.0.1', backlog: 4096 });
