import type { RouteFacts } from '../../contracts/route-facts.js';

/** Stands for the route where there is none. */
export const NO_ROUTE: RouteFacts = Object.freeze({
  id: 'none',
  methods: undefined,
  path: '',
  paramNames: [],
  handler: 'no route',
  upstream: undefined,
  proxied: false,
  authenticated: false,
  verifiedBy: undefined,
  shapesAnswers: false,
});
