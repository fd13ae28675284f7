const lookEveryMs = 500

/**
 * Ends this process when the one that started it is gone, however it went: its end of standard input or of the IPC channel
 * closes, or another process has become the parent.
 */
export function exitWithParent(): void {
  const parent = process.ppid
  const leave = (): never => process.exit(0)
  process.once('disconnect', leave)
  if (!process.stdin.isTTY) process.stdin.once('end', leave).once('close', leave).once('error', leave).resume()
  setInterval(() => {
    if (process.ppid !== parent) leave()
  }, lookEveryMs).unref()
}
