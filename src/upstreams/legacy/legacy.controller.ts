import { All } from '@nestjs/common';
import {
  Forward,
  type ForwardCall,
  InjectUpstream,
  ProxyController,
  type UpstreamClient,
  type UpstreamResponse,
} from 'portcullis';
import { LEGACY } from './legacy.upstream.js';

/** `/api/legacy` → the legacy service, by http-proxy-middleware behind the same policies. */
@ProxyController(LEGACY, 'api/legacy', { upstreamPath: '/legacy' })
export class LegacyController {
  constructor(@InjectUpstream(LEGACY) private readonly legacy: UpstreamClient) {}

  @All(['', '*path'])
  all(@Forward() call: ForwardCall): Promise<UpstreamResponse> {
    return this.legacy.forward(call);
  }
}
