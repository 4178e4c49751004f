import type { TargetHealth } from '../contracts/request-meter.js';
import type { UpstreamStatus } from '../contracts/upstream-status.js';

/** The targets of upstreams as Kong's metrics know them: an upstream's breaker speaks for all its targets. */
export function targetHealth(upstreams: readonly UpstreamStatus[]): readonly TargetHealth[] {
  return upstreams.flatMap(({ name, healthy, breaker, targets }) =>
    targets.map(({ id }) => ({
      upstream: name,
      target: id,
      address: id,
      state: breaker === undefined ? 'healthchecks_off' : healthy ? 'healthy' : 'unhealthy',
    })),
  );
}
