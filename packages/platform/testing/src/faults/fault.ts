/** Which way bytes go: `request` from the client to the server, `response` back. */
export type Direction = 'request' | 'response'

interface Repeated {
  /** How often it strikes before the next fault of the script has its turn, 1 to Infinity. */
  readonly times?: number | undefined
}

/** The port refuses connections, and those that stand are reset. Lasts until `arm` or `heal` is called. */
export interface RefuseFault {
  readonly kind: 'refuse'
}

/** Resets both sides once this many bytes have passed in that direction; 0 strikes at the first byte and lets none pass. Default: once. */
export interface ResetFault extends Repeated {
  readonly kind: 'reset'
  readonly direction: Direction
  /** Bytes that still pass, 0 or more. */
  readonly afterBytes: number
}

/** The server got the whole request and answers, so it has committed; the client sees the connection cut instead. Default: once. */
export interface CutFault extends Repeated {
  readonly kind: 'cut'
}

/** Each piece of data is late. */
export interface LatencyFault {
  readonly kind: 'latency'
  /** Milliseconds, 0 or more. */
  readonly delayMs: number
  /** Up to this much on top, by seed. Default 0. */
  readonly jitterMs?: number | undefined
  /** Default: both. */
  readonly direction?: Direction | undefined
}

/** No more than this passes per second and connection, each way. */
export interface BandwidthFault {
  readonly kind: 'bandwidth'
  /** 1 or more. */
  readonly bytesPerSecond: number
}

/** The connection stays up and nothing arrives any more: what is sent disappears. */
export interface HalfOpenFault {
  readonly kind: 'half-open'
  /** Default `response`: the server gets the request, its answer disappears. */
  readonly direction?: Direction | undefined
  /** Bytes that still pass. Default 0. */
  readonly afterBytes?: number | undefined
}

/** The answer arrives a few bytes at a time. */
export interface DripFault {
  readonly kind: 'drip'
  /** Bytes of each piece, 1 or more. Default 1. */
  readonly bytes?: number | undefined
  /** Milliseconds between pieces. */
  readonly everyMs: number
}

/** Bits of the data are flipped, where is decided by the seed. */
export interface CorruptFault {
  readonly kind: 'corrupt'
  /** Default `response`. */
  readonly direction?: Direction | undefined
  /** Share of bytes that are changed, above 0 to 1. Default 0.1. */
  readonly share?: number | undefined
}

/** Closes connections on which nothing has passed for this long, in milliseconds, as servers and load balancers do. */
export interface IdleCloseFault {
  readonly kind: 'idle-close'
  readonly afterMs: number
}

/** Answers HTTP requests itself, before the server sees them. Default: until the script ends it. */
export interface HttpStormFault extends Repeated {
  readonly kind: 'http-storm'
  readonly status: 429 | 503
  /** Sent as `Retry-After`, whole seconds. Default: no such header. */
  readonly retryAfterSeconds?: number | undefined
}

/** What goes wrong. Faults that cut strike and are over; those that shape traffic last until the next `arm` or `heal`. */
export type Fault =
  | RefuseFault
  | ResetFault
  | CutFault
  | LatencyFault
  | BandwidthFault
  | HalfOpenFault
  | DripFault
  | CorruptFault
  | IdleCloseFault
  | HttpStormFault

/** One strike, for a log that is the same for the same seed and traffic. */
export interface FaultStrike {
  readonly kind: Fault['kind']
  /** Number of the connection, from 1. */
  readonly connection: number
  readonly requestBytes: number
  readonly responseBytes: number
}
