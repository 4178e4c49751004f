import { All, type CanActivate, Controller, Get, Injectable, Module, UseGuards } from '@nestjs/common';
import {
  Authenticate,
  Authorize,
  anonymous,
  anyOf,
  defineUpstream,
  FilterResponse,
  Forward,
  type ForwardCall,
  GatewayModule,
  InjectUpstream,
  jwt,
  ProxyController,
  Public,
  RateLimit,
  type UpstreamClient,
  UpstreamModule,
} from 'portcullis';

const SHOP = defineUpstream('shop-service', { targets: 'http://127.0.0.1:9' });

function isOpen(): boolean {
  return true;
}

@Injectable()
class OpeningHoursGuard implements CanActivate {
  canActivate(): boolean {
    return true;
  }
}

@ProxyController(SHOP, 'shop')
@RateLimit({ limit: 10, window: '1m', by: 'subject' })
class ShopController {
  constructor(@InjectUpstream(SHOP) private readonly shop: UpstreamClient) {}

  @Get('items/:id')
  @Authorize({ allScopes: ['shop:read'], rule: isOpen })
  @FilterResponse<{ price: number; cost: number }>({ omit: ['cost'] })
  item(@Forward() call: ForwardCall) {
    return this.shop.forward(call);
  }

  @Get('desk')
  @Authenticate(anyOf(jwt(), anonymous()))
  @UseGuards(OpeningHoursGuard)
  desk(@Forward() call: ForwardCall) {
    return this.shop.forward(call);
  }
}

@ProxyController(SHOP, 'window')
class WindowController {
  constructor(@InjectUpstream(SHOP) private readonly shop: UpstreamClient) {}

  @All(['', '*path'])
  @Public()
  look(@Forward() call: ForwardCall) {
    return this.shop.forward(call);
  }
}

@Controller('about')
class AboutController {
  @Get()
  about() {
    return 'a shop';
  }
}

/** An application for the command line to look at. */
@Module({
  imports: [GatewayModule.forRoot({ authentication: jwt() }), UpstreamModule.forFeature(SHOP)],
  controllers: [ShopController, WindowController, AboutController],
})
export class ShopModule {}
