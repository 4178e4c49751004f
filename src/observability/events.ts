/** Every event the gateway logs. Names are stable: alerts may rely on them. */
export const EVENTS = {
  gatewayStarted: 'gateway.started',
  gatewayDraining: 'gateway.draining',
  gatewayStopped: 'gateway.stopped',
  routePlanned: 'route.planned',
  adminViewFailed: 'admin.view-failed',
  routesCompiled: 'routes.compiled',
  configurationRefused: 'configuration.refused',
  declaredRoutesLoaded: 'declared-routes.loaded',
  declaredRoutesRefused: 'declared-routes.refused',
  declaredRoutesWarning: 'declared-routes.warning',
  declaredRoutesBypass: 'declared-routes.bypass',
  declaredRoutesOverlap: 'declared-routes.overlap',
  secretReloaded: 'secret.reloaded',
  secretRefused: 'secret.refused',
  consumersReloaded: 'consumers.reloaded',
  consumersRefused: 'consumers.refused',
  redisConnected: 'redis.connected',
  redisLost: 'redis.lost',
  limitStoreLost: 'limits.store-lost',
  limitStoreBack: 'limits.store-back',
  keySetFailing: 'jwt.keys-failing',
  keySetRecovered: 'jwt.keys-recovered',
  processFailed: 'process.failed',
  forwardingUntrusted: 'forwarding.untrusted',
  proxyHeaderRefused: 'proxy-protocol.refused',
  connectionsRefused: 'connections.refused',
  acceptFailing: 'accept.failing',
  http2Abused: 'http2.abused',
  stapleFailed: 'tls.staple-failed',
  serverCertificateExpired: 'tls.certificate-expired',
  serverCertificatesReloaded: 'tls.certificates-reloaded',
  serverCertificatesRefused: 'tls.certificates-refused',
  exchangeFailed: 'exchange.failed',
  lookupFailing: 'upstream.lookup-failing',
  lookupRecovered: 'upstream.lookup-recovered',
  certificatesReloaded: 'upstream.certificates-reloaded',
  certificatesRefused: 'upstream.certificates-refused',
  breakerOpened: 'breaker.opened',
  breakerHalfOpened: 'breaker.half-opened',
  breakerClosed: 'breaker.closed',
  limitWouldRefuse: 'limits.would-refuse',
  limitKeysEvicted: 'limits.keys-evicted',
  limitCostRefused: 'limits.cost-refused',
  answerUnchanged: 'transform.answer-unchanged',
  logSinkFailing: 'log.sink-failing',
  logSinkRecovered: 'log.sink-recovered',
  requestLogLost: 'request-log.lost',
  requestLogFailing: 'request-log.failing',
  requestLogRecovered: 'request-log.recovered',
  telemetryTrouble: 'telemetry.trouble',
  frameworkMessage: 'framework.message',
} as const;

export type EventName = (typeof EVENTS)[keyof typeof EVENTS];
export type EventFields = Readonly<Record<string, unknown>>;
export type EventLevel = 'debug' | 'info' | 'warn' | 'error';

/** Logs events, never prose: `log.warn(EVENTS.breakerOpened, { upstream })`. */
export type EventLog = {
  readonly [Level in EventLevel]: (event: EventName, fields?: EventFields) => void;
};
