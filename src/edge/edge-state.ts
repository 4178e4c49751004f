import { EMPTY_PLAN, type Plan } from '../routing/plan.js';

/** What changes about the edge while it runs. */
export class EdgeState {
  /** Swapped whole; a request keeps the plan it matched in. */
  plan: Plan = EMPTY_PLAN;
  /** Replies carry `Connection: close`, so that clients move to another instance. */
  draining = false;
}
