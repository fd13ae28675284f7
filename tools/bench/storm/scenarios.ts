/** What the server does with requests at a moment. */
export interface ServerMode {
  /** Milliseconds of work per request on one of the server's ten workers. */
  readonly serviceMs: number
  /** Requests that may wait; more are refused at once with 503. */
  readonly maxQueued: number
  /** Share of requests that end in a 500. */
  readonly errorShare: number
  /** Refuses connections. */
  readonly dead: boolean
  /** Takes requests and never answers. */
  readonly silent: boolean
  /** What a 503 carries as Retry-After, ms; 0 for none. */
  readonly retryAfterMs: number
}

/** A fault of 30 s in the middle of a simulation. */
export interface Scenario {
  readonly clients: number
  /** Calls per second and client. */
  readonly callsPerSecond: number
  /** The server during the fault, `ms` after it began. */
  readonly fault: (ms: number) => ServerMode
  /** The share of calls that could succeed while the fault lasts; whoever waits it out may have more. */
  readonly possible: number
}

/** 10 workers x 50 per second: 500 requests per second, for 300 calls per second. */
export const healthy: ServerMode = {
  serviceMs: 20,
  maxQueued: 2_500,
  errorShare: 0,
  dead: false,
  silent: false,
  retryAfterMs: 0,
}

const slow: ServerMode = { ...healthy, serviceMs: 80 }
const dead: ServerMode = { ...healthy, dead: true }
const many = { clients: 25, callsPerSecond: 12 }

export const scenarios = {
  'brown-out': { ...many, fault: () => slow, possible: 125 / 300 },
  dead: { ...many, fault: () => dead, possible: 0 },
  'black hole': { ...many, fault: () => ({ ...healthy, silent: true }), possible: 0 },
  '50 % errors': { ...many, fault: () => ({ ...healthy, errorShare: 0.5 }), possible: 1 },
  flap: { ...many, fault: (ms) => (ms % 6_000 < 3_000 ? dead : healthy), possible: 1 },
  // Long enough for a breaker to open and its waits to grow: the price of sparing a dead target is paid here.
  'slow flap': { ...many, fault: (ms) => (ms % 16_000 < 8_000 ? dead : healthy), possible: 1 },
  shed: { ...many, fault: () => ({ ...slow, maxQueued: 20, retryAfterMs: 1_000 }), possible: 125 / 300 },
  mild: { ...many, fault: () => ({ ...healthy, serviceMs: 25, errorShare: 0.1 }), possible: 1 },
  '300 tiny clients': { clients: 300, callsPerSecond: 1, fault: () => slow, possible: 125 / 300 },
} as const satisfies Record<string, Scenario>

/** A scenario's name. */
export type ScenarioName = keyof typeof scenarios
