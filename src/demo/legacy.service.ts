import { StandInService } from './stand-in.service.js';

/** Stands in for a service behind http-proxy-middleware: it tells what reached it. */
export function legacyService(): StandInService {
  return new StandInService('legacy-service', (method, url) => ({
    status: 200,
    value: { service: 'legacy', method, path: url.pathname },
  }));
}
