import { Module } from '@nestjs/common';
import { UpstreamModule } from 'portcullis';
import { LegacyController } from './legacy.controller.js';
import { LEGACY } from './legacy.upstream.js';

@Module({ imports: [UpstreamModule.forFeature(LEGACY)], controllers: [LegacyController] })
export class LegacyModule {}
