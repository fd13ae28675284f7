/** One option of a command. */
export interface Option {
  readonly type: 'string' | 'boolean'
  /** May be given more than once. */
  readonly multiple?: true | undefined
  /** What stands for the value in the help: `PATH`. */
  readonly value?: string | undefined
  /** Texts it takes; any where absent. */
  readonly choices?: readonly string[] | undefined
  readonly description: string
}

export type Options = Readonly<Record<string, Option>>

/** The values of a command's options, typed by their declaration. */
export type ValuesOf<O extends Options> = {
  readonly [K in keyof O]?:
    | (O[K] extends { readonly multiple: true }
        ? readonly string[]
        : O[K] extends { readonly type: 'boolean' }
          ? boolean
          : O[K] extends { readonly choices: readonly (infer Choice)[] }
            ? Choice
            : string)
    | undefined
}

/** Options that every command takes. */
export const commonOptions = {
  json: { type: 'boolean', description: 'One JSON document on standard output, and nothing else there.' },
  log: {
    type: 'string',
    value: 'LEVEL',
    choices: ['requests', 'debug'],
    description: 'requests: a line per attempt on standard error; debug: also calls and events.',
  },
  verbose: { type: 'boolean', description: 'Shows stack traces and causes of errors.' },
  'no-color': { type: 'boolean', description: 'No colours; the variable NO_COLOR says the same.' },
  help: { type: 'boolean', description: 'Shows this help.' },
} as const satisfies Options

/** Values of parameters, for commands that read a flow. */
export const setOption = {
  type: 'string',
  multiple: true,
  value: 'NAME=VALUE',
  description: 'Gives a parameter of the flow its value; may be repeated.',
} as const satisfies Option

export const stateOption = {
  type: 'string',
  value: 'PATH',
  description: 'The state file. Default: what the flow says, else .casare/state.db beside it.',
} as const satisfies Option
