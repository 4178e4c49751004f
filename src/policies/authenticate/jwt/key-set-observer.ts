/** Hears how fetching keys goes: once when it begins to fail, and once when it is well again. */
export interface KeySetObserver {
  /** @param source the issuer, or the address of its keys */
  failing(source: string, reason: string): void;
  recovered(source: string): void;
}

/** Injects the KeySetObserver. */
export const KEY_SET_OBSERVER = Symbol('portcullis.key-set-observer');

export const SILENT_KEY_SET_OBSERVER: KeySetObserver = Object.freeze({ failing() {}, recovered() {} });
