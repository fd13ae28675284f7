/** Tells a listener. One that throws must not change how a call ends: its mistake is its own. */
export function quietly(tell: () => void): void {
  try {
    tell()
  } catch {
    // Nobody is there to hand it to.
  }
}
