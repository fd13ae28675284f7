/** A protocol's first words, enough to know that a server of this kind answers. */
export interface Greeting {
  /** Sent after connecting; nothing where the server speaks first. */
  readonly send?: Uint8Array | undefined
  /** Reads the answer so far: `undefined` waits for more, a thrown error means "not ready, or not this system". */
  read(answer: Buffer): { readonly version: string | undefined } | undefined
}

/** Where a private instance lives; all of it is gone with the instance. */
export interface Site {
  /** Absolute path of an empty folder that belongs to the account the server runs under. */
  readonly directory: string
  /** A free port on 127.0.0.1. */
  readonly port: number
  /** Free ports for what else a server listens on. */
  readonly morePorts: readonly number[]
  /** Random letters and digits: the password of every account that the instance makes. */
  readonly password: string
  /** Files of the certificate for 127.0.0.1 and localhost; `undefined` without TLS. */
  readonly tls: { readonly caPath: string; readonly certPath: string; readonly keyPath: string } | undefined
  /** Absolute path of one of the system's binaries. */
  binary(name: string): string
  /** Runs a preparing command to its end, under the server's account. */
  run(command: string, commandArguments: readonly string[]): Promise<void>
  /** Writes a file into the directory, readable by the server's account only; answers its absolute path. */
  write(name: string, text: string): string
}

/** One process of an instance. */
export interface Command {
  readonly path: string
  readonly arguments: readonly string[]
  /** Replaces the environment. Default: PATH, HOME (the directory) and LC_ALL=C. */
  readonly environment?: Readonly<Record<string, string>> | undefined
}

/** How to run a private instance. */
export interface Launch {
  /** Processes in the order in which they start; the last one is the server. */
  readonly commands: readonly [...Command[], Command]
  /** The URL for clients, or a function of what the server has written where it chooses its own ports. */
  readonly url: string | ((output: string) => string | undefined)
  /** Sent to end it gracefully. Default: SIGTERM. */
  readonly stopSignal?: NodeJS.Signals | undefined
}

/** How Docker runs the same system. */
export interface Container {
  /** Image with a tag of its minor version. */
  readonly image: string
  /** Port inside of the container. */
  readonly port: number
  readonly environment: Readonly<Record<string, string>>
  readonly arguments: readonly string[]
}

/** An external system that tests are run against. */
export interface System {
  /** `redis`; the variable is CASARE_TEST_REDIS_URL. */
  readonly name: string
  readonly title: string
  /** Where a server listens that others have started, without a password. */
  readonly standardUrl: string
  /** Packages of Debian 12 that bring the binaries. */
  readonly debianPackages: readonly string[]
  /** Programs that a private instance needs, searched in PATH and in `folders` (which may hold one `*`). */
  readonly binaries: readonly string[]
  readonly folders: readonly string[]
  /** Program and arguments that print the version. Default: the last of `binaries` with `--version`. */
  readonly versionCommand?: readonly [string, ...string[]] | undefined
  /** Account to run under when the tests run as root. */
  readonly account?: string | undefined
  /** Whether a private instance can speak TLS. */
  readonly tls: boolean
  /** Whether TLS begins with the first byte; else the greeting is in plain text. */
  readonly tlsFirst: boolean
  readonly greeting: Greeting
  /** `undefined` where a container cannot be reached at a port that it does not know itself. */
  readonly container?: Container | undefined
  launch(site: Site): Promise<Launch>
}

/** The names of all systems that there are peers for. */
export type SystemName =
  | 'postgresql'
  | 'mysql'
  | 'redis'
  | 'rabbitmq'
  | 'nats'
  | 'mqtt'
  | 'kafka'
  | 'fauxqs'
  | 'azurite'
  | 'radosgw'
  | 'simplesamlphp'
  | 'slapd'
