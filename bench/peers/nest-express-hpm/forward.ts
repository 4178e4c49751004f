import { Agent } from 'node:http';
import type { Request, Response } from 'express';
import { createProxyMiddleware, type RequestHandler } from 'http-proxy-middleware';

/** http-proxy-middleware in its recommended form: keep-alive to the upstream and forwarding headers. */
export function forward(mountedAt: string): RequestHandler<Request, Response> {
  return createProxyMiddleware<Request, Response>({
    target: `http://127.0.0.1:7400${mountedAt}`,
    // Without an agent every request would connect anew.
    agent: new Agent({ keepAlive: true, maxSockets: 256, maxFreeSockets: 256 }),
    xfwd: true,
    on: {
      proxyRes(proxyRes) {
        delete proxyRes.headers['x-internal'];
      },
    },
  });
}
