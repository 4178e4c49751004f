import { Get, Module, type Type } from '@nestjs/common';
import {
  defineUpstream,
  env,
  Forward,
  type ForwardCall,
  GatewayModule,
  InjectUpstream,
  ProxyController,
  Public,
  TransformRequest,
  TransformResponse,
  type UpstreamClient,
  UpstreamModule,
} from 'portcullis';

type Edits = NonNullable<Parameters<typeof TransformRequest>[0]['headers']>;

/** An application with one route that edits headers as given. */
export function edited({ request, response }: { request?: Edits; response?: Edits }): Type {
  const upstream = defineUpstream('edited-service', { targets: env('UPSTREAM_URL') });

  @ProxyController(upstream, 'edited')
  @Public()
  class EditedController {
    constructor(@InjectUpstream(upstream) private readonly service: UpstreamClient) {}

    @Get()
    @TransformRequest({ headers: request ?? {} })
    @TransformResponse({ headers: response ?? {} })
    get(@Forward() call: ForwardCall) {
      return this.service.forward(call);
    }
  }

  @Module({
    imports: [GatewayModule.forRoot(), UpstreamModule.forFeature(upstream)],
    controllers: [EditedController],
  })
  class EditedModule {}
  return EditedModule;
}
