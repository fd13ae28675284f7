#!/usr/bin/env node
import { setFlagsFromString } from 'node:v8'

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)

if (major < 22 || (major === 22 && minor < 19)) {
  // Before anything else is imported: native packages crash on an older Node rather than say so.
  process.stderr.write(`casare needs Node 22.19 or newer; this is ${process.version}.\n`)
  process.exitCode = 1
} else {
  // A reader that has seen enough (`casare list | head`) closes the pipe: that is no failure.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0)
    throw error
  })
  // Pages of records are short-lived: a small young generation collects them as fast, and keeps a flow's memory lower.
  setFlagsFromString('--max-semi-space-size=4')
  setFlagsFromString('--semi-space-growth-factor=1')
  // What lives on may triple before it is looked through, not quadruple: pages that are done with pile up there.
  setFlagsFromString('--heap-growing-percent=200')
  void import('./run-command-line.ts').then(async ({ runCommandLine }) => {
    process.exitCode = await runCommandLine(process.argv.slice(2))
  })
}
