import { commonOptions, type Options } from './arguments/options.ts'
import type { Command } from './commands/command.ts'
import { exitCodes } from './exit-codes.ts'

/** The help of the whole program. */
export function overview(commands: readonly Command[], program: string): string {
  const width = Math.max(...commands.map(({ name }) => name.length))
  return [
    'Casare Connect: run flows, call operations of connectors, look at what was put aside.',
    '',
    `Usage: ${program} COMMAND [options]`,
    '',
    'Commands:',
    ...commands.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`),
    '',
    'Options of every command:',
    ...optionLines(commonOptions),
    '',
    `"${program} COMMAND --help" shows a command with examples, "${program} help exit-codes" what the exit codes mean,`,
    `"${program} --version" the version.`,
  ].join('\n')
}

/** The help of one command. */
export function commandHelp(command: Command, program: string): string {
  const { name, takes, summary, options, details, examples } = command
  return [
    summary,
    '',
    `Usage: ${program} ${name}${takes === '' ? '' : ` ${takes}`} [options]`,
    ...(Object.keys(options).length === 0 ? [] : ['', 'Options:', ...optionLines(options)]),
    '',
    'Options of every command:',
    ...optionLines(commonOptions),
    ...(details === undefined ? [] : ['', ...wrapped(details, 110)]),
    '',
    examples.length === 1 ? 'Example:' : 'Examples:',
    ...examples.map((example) => `  ${program} ${example}`),
  ].join('\n')
}

/** The help of the exit codes. */
export function exitCodesHelp(): string {
  const meanings: Readonly<Record<keyof typeof exitCodes, string>> = {
    ok: 'Done.',
    failure: 'A system, the network, a file or a record was in the way; the same command may pass later.',
    badInput: 'The command line, a flow, casare.yaml or an input is wrong: change it.',
    stopped: 'Stopped by Ctrl-C or SIGTERM; everything on its way was written and checkpointed.',
    deadLetters: 'run --fail-on-dead-letters: everything was read, some records were put aside.',
    interrupted: 'Ended at once by a second Ctrl-C; the next run goes on from the last checkpoint.',
    terminated: 'Ended at once by a second SIGTERM; the next run goes on from the last checkpoint.',
  }
  return [
    'Exit codes:',
    ...Object.entries(meanings).map(
      ([name, meaning]) => `  ${String(exitCodes[name as keyof typeof exitCodes]).padStart(3)}  ${meaning}`,
    ),
  ].join('\n')
}

function optionLines(options: Options): string[] {
  const entries = Object.entries(options).map(([name, { value, description }]) => ({
    flag: `--${name}${value === undefined ? '' : ` ${value}`}`,
    description,
  }))
  const width = Math.max(...entries.map(({ flag }) => flag.length))
  return entries.map(({ flag, description }) => `  ${flag.padEnd(width)}  ${description}`)
}

function wrapped(text: string, width: number): string[] {
  const lines = ['']
  for (const word of text.split(' ')) {
    const last = lines.at(-1) ?? ''
    if (last === '') lines[lines.length - 1] = word
    else if (last.length + 1 + word.length > width) lines.push(word)
    else lines[lines.length - 1] = `${last} ${word}`
  }
  return lines
}
