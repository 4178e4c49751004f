import { createRequire } from 'node:module';

// fast-gateway as its README starts it. Keep-alive to the upstream is the default of the proxy it uses.
const gateway = createRequire(import.meta.url)('fast-gateway');

const server = gateway({
  routes: [
    {
      prefix: '/bare',
      prefixRewrite: '/bare',
      target: 'http://127.0.0.1:7400',
      // As its documents advise where no body is parsed: nothing stands before the proxy.
      middlewares: [],
    },
  ],
});
await server.start(7407, '127.0.0.1');
