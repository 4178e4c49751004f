/** Addresses of lower-case host names, which stand above whatever the system would answer. */
export type HostAddresses = ReadonlyMap<string, readonly string[]>;
