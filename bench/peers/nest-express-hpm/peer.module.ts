import { Module } from '@nestjs/common';
import { PassportModule } from '@nestjs/passport';
import { ThrottlerModule } from '@nestjs/throttler';
import { BearerStrategy } from './bearer.strategy.js';
import { FixedWindowStorage } from './fixed-window.storage.js';
import { FullController } from './full.controller.js';

@Module({
  imports: [
    PassportModule,
    ThrottlerModule.forRoot({
      // The number is never reached; the counting is what costs.
      throttlers: [{ limit: 100_000_000, ttl: 60_000 }],
      // The default storage keeps a list of every hit and walks it on the next: at these rates it would stand still.
      storage: new FixedWindowStorage(),
    }),
  ],
  controllers: [FullController],
  providers: [BearerStrategy],
})
export class PeerModule {}
