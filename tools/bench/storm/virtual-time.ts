/**
 * Virtual time for a whole process: the global timers, clocks and random numbers are replaced, so that the real code of
 * any library runs in it. Import it before the libraries.
 */
interface VirtualTimer {
  at: number
  sequence: number
  callback: (...args: unknown[]) => void
  args: unknown[]
  everyMs: number | undefined
  cleared: boolean
  ref(): VirtualTimer
  unref(): VirtualTimer
  hasRef(): boolean
  refresh(): VirtualTimer
  [Symbol.toPrimitive](): number
}

const epochMs = Date.UTC(2026, 0, 1)
let now = 0
let sequence = 0
let heap: VirtualTimer[] = []
const byNumber = new Map<number, VirtualTimer>()
let random = mulberry32(1)

/** A small seeded generator of numbers from 0 to below 1. */
export function mulberry32(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let value = Math.imul(state ^ (state >>> 15), state | 1)
    value ^= value + Math.imul(value ^ (value >>> 7), value | 61)
    return ((value ^ (value >>> 14)) >>> 0) / 4_294_967_296
  }
}

function before(a: VirtualTimer, b: VirtualTimer): boolean {
  return a.at < b.at || (a.at === b.at && a.sequence < b.sequence)
}

function push(timer: VirtualTimer): void {
  let index = heap.push(timer) - 1
  while (index > 0) {
    const parent = (index - 1) >> 1
    if (!before(timer, heap[parent]!)) break
    heap[index] = heap[parent]!
    index = parent
  }
  heap[index] = timer
}

function pop(): VirtualTimer | undefined {
  const first = heap[0]
  const last = heap.pop()
  if (first === undefined || last === undefined || heap.length === 0) return first
  let index = 0
  for (;;) {
    let child = 2 * index + 1
    if (child >= heap.length) break
    if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child++
    if (!before(heap[child]!, last)) break
    heap[index] = heap[child]!
    index = child
  }
  heap[index] = last
  return first
}

function add(callback: VirtualTimer['callback'], delayMs: number, args: unknown[], repeats: boolean): VirtualTimer {
  const everyMs = Math.max(1, Number(delayMs) || 0)
  const timer: VirtualTimer = {
    at: now + everyMs,
    sequence: sequence++,
    callback,
    args,
    everyMs: repeats ? everyMs : undefined,
    cleared: false,
    ref: () => timer,
    unref: () => timer,
    hasRef: () => true,
    refresh() {
      throw new Error('refresh of a virtual timer is not simulated')
    },
    [Symbol.toPrimitive]() {
      byNumber.set(timer.sequence, timer)
      return timer.sequence
    },
  }
  push(timer)
  return timer
}

function clear(timer: VirtualTimer | number | undefined): void {
  const found = typeof timer === 'object' ? timer : byNumber.get(Number(timer))
  if (found !== undefined && found !== null) found.cleared = true
}

/** Replaces the process's timers, clocks and random numbers. */
export function install(): void {
  const replaced = {
    setTimeout: (callback: VirtualTimer['callback'], delayMs = 0, ...args: unknown[]) =>
      add(callback, delayMs, args, false),
    setInterval: (callback: VirtualTimer['callback'], delayMs = 0, ...args: unknown[]) =>
      add(callback, delayMs, args, true),
    clearTimeout: clear,
    clearInterval: clear,
  }
  Object.assign(globalThis, replaced)
  Date.now = () => epochMs + Math.floor(now)
  performance.now = () => now
  Math.random = () => random()
}

/** Forgets all timers, sets the clock to 0 and seeds the random numbers. */
export function reset(seed: number): void {
  now = 0
  sequence = 0
  heap = []
  byNumber.clear()
  random = mulberry32(seed)
}

/** The virtual time, ms. */
export function virtualNow(): number {
  return now
}

const tick = (resolve: (value: undefined) => void): void => process.nextTick(resolve)

/** Runs all timers that are due until `untilMs`, each with all the promise work that follows from it. */
export async function run(untilMs: number): Promise<void> {
  await new Promise(tick)
  for (;;) {
    const timer = heap[0]
    if (timer === undefined || timer.at > untilMs) break
    pop()
    if (timer.cleared) continue
    now = timer.at
    if (timer.everyMs !== undefined) {
      timer.at = now + timer.everyMs
      timer.sequence = sequence++
      push(timer)
    }
    timer.callback(...timer.args)
    // The next-tick queue is served when the microtasks are used up.
    await new Promise(tick)
  }
  now = untilMs
}
