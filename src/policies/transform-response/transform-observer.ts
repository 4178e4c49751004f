/** Hears of answers that could not be changed. Called on the request path. */
export interface TransformObserver {
  /** @param reason the end of a sentence: `that is not JSON` */
  unchanged(route: string, upstream: string | undefined, reason: string): void;
}

/** Injects the TransformObserver. */
export const TRANSFORM_OBSERVER = Symbol('portcullis.transform-observer');

export const SILENT_TRANSFORM_OBSERVER: TransformObserver = Object.freeze({ unchanged() {} });
