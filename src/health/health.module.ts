import { Module } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { HealthDetails } from './health.details.js';

/** Terminus with the gateway's own indicators. */
@Module({
  imports: [TerminusModule.forRoot({ logger: false })],
  providers: [HealthDetails],
  exports: [HealthDetails],
})
export class HealthModule {}
