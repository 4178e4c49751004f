import { defineUpstream, env } from 'portcullis';

/** A service whose team comes from http-proxy-middleware and keeps its options. */
export const LEGACY = defineUpstream('legacy-service', {
  targets: env('LEGACY_URL', 'http://legacy-service:3003'),
  proxy: { pathRewrite: { '^/legacy': '' } },
});
