/** Injects the UpstreamObserver that hears of the breakers in front of servers the gateway asks. */
export const OUTBOUND_OBSERVER = Symbol('portcullis.outbound-observer');
