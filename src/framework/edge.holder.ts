import { Injectable } from '@nestjs/common';
import type { Edge } from '../edge/edge.js';

/** Where Nest's enhancers find the edge, which is made after them. */
@Injectable()
export class EdgeHolder {
  edge: Edge | undefined;
}
