import { nearest, Redactor } from '@casare/core'
import { audited } from './audit.ts'
import { commonOptions } from './arguments/options.ts'
import { parseArguments } from './arguments/parse-arguments.ts'
import type { Command } from './commands/command.ts'
import { commands } from './commands/index.ts'
import { exitCodes, type ExitCode } from './exit-codes.ts'
import { commandHelp, exitCodesHelp, overview } from './help.ts'
import { processHost, type Host } from './host.ts'
import { reportError } from './output/report-error.ts'
import { requestLog, type LogLevel } from './output/request-log.ts'
import { Terminal, wantsColor } from './output/terminal.ts'
import { stopSignal } from './stop-signal.ts'
import { UsageError } from './usage-error.ts'
import { version } from './version.ts'

/**
 * Runs one command line.
 * @param args what stands behind the program's name.
 * @param host where it reads, writes and looks things up. Default: the process.
 * @returns the exit code; never throws.
 */
export async function runCommandLine(args: readonly string[], host: Host = processHost()): Promise<ExitCode> {
  const redactor = new Redactor()
  const terminal = new Terminal(host, {
    json: args.includes('--json'),
    color: wantsColor(host, args.includes('--no-color')),
  })
  let help = `${host.program} help`
  try {
    const found = findCommand(args)
    if (typeof found === 'function') {
      host.stdout.write(`${found(host.program)}\n`)
      return exitCodes.ok
    }
    help = `${host.program} ${found.command.name} --help`
    return await runCommand(found.command, found.rest, { host, terminal, redactor })
  } catch (error) {
    return reportError(error, terminal, { verbose: args.includes('--verbose'), redactor, help: `Help: ${help}` })
  }
}

/** The command and its arguments, or a text to show. */
function findCommand(
  args: readonly string[],
): { readonly command: Command; readonly rest: readonly string[] } | ((program: string) => string) {
  const at = args.findIndex((argument) => !argument.startsWith('-'))
  if (at < 0) {
    if (args.includes('--version')) return version
    const wrong = args.find((argument) => argument !== '--help' && argument !== '-h')
    if (wrong !== undefined) throw new UsageError(`Name a command before the option ${wrong.replace(/=.*/, '')}.`)
    return (program) => overview(commands, program)
  }
  const [first = '', second = ''] = args.slice(at)
  if (first === 'help') return helpOn(args.slice(at + 1))
  const command =
    commands.find(({ name }) => name === `${first} ${second}`) ?? commands.find(({ name }) => name === first)
  if (command === undefined) throw unknownCommand(first, second)
  const words = command.name.split(' ').length
  const rest = [...args.slice(0, at), ...args.slice(at + words)]
  // "--help" answers whatever else is there, right or wrong.
  if (rest.includes('--help') || rest.includes('-h')) return (program) => commandHelp(command, program)
  return { command, rest }
}

function helpOn(words: readonly string[]): (program: string) => string {
  const topic = words.join(' ')
  if (topic === '') return (program) => overview(commands, program)
  if (topic === 'exit-codes') return exitCodesHelp
  const command = commands.find(({ name }) => name === topic)
  if (command === undefined) throw unknownCommand(words[0] ?? '', words[1] ?? '')
  return (program) => commandHelp(command, program)
}

function unknownCommand(first: string, second: string): UsageError {
  const group = commands.filter(({ name }) => name.startsWith(`${first} `)).map(({ name }) => name)
  if (group.length > 0)
    return new UsageError(
      second === '' || second.startsWith('-')
        ? `"${first}" needs one more word. There is: ${group.join(', ')}.`
        : `There is no command "${first} ${second}".${nearest(`${first} ${second}`, group) || ` There is: ${group.join(', ')}.`}`,
    )
  const names = commands.map(({ name }) => name)
  return new UsageError(`There is no command "${first}".${nearest(first, [...names, 'help'])}`)
}

async function runCommand(
  command: Command,
  args: readonly string[],
  { host, terminal, redactor }: { readonly host: Host; readonly terminal: Terminal; readonly redactor: Redactor },
): Promise<ExitCode> {
  const { values, positionals } = parseArguments(args, { ...commonOptions, ...command.options })
  const stop = stopSignal(host, () =>
    terminal.note('Stopping when what is on its way has been written. Once more ends at once.'),
  )
  const { line, release } = requestLog(terminal, (values['log'] as LogLevel | undefined) ?? 'off', redactor)
  try {
    return await audited(command, positionals, host, () =>
      command.run({ values, positionals, terminal, host, redactor, log: line, signal: stop.signal }),
    )
  } finally {
    release()
    stop.release()
  }
}
