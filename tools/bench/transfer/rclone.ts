import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { Job, Took } from './ours.ts'
import { azureAccount, azureEndpoint, azureKey, s3Settings } from './servers.ts'

const run = promisify(execFile)

/** The version of rclone; `undefined` where it is not installed. */
export async function rcloneVersion(): Promise<string | undefined> {
  const { stdout } = await run('rclone', ['version']).catch(() => ({ stdout: '' }))
  return /^rclone (\S+)/.exec(stdout)?.[1]
}

/** The same transfer by rclone (https://rclone.org/docs/), with the same size of parts and as many at once. */
export async function rclone({ urls, from, to, key, partBytes, partConcurrency, concurrency }: Job): Promise<Took> {
  const { endpoint, accessKeyId, secretAccessKey } = s3Settings(urls.s3)
  const settings = {
    S3_TYPE: 's3',
    S3_PROVIDER: 'Ceph',
    S3_ENDPOINT: endpoint,
    S3_ACCESS_KEY_ID: accessKeyId,
    S3_SECRET_ACCESS_KEY: secretAccessKey,
    AZ_TYPE: 'azureblob',
    AZ_USE_EMULATOR: 'true',
    AZ_ACCOUNT: azureAccount,
    AZ_KEY: azureKey,
    AZ_ENDPOINT: azureEndpoint(urls.azure),
  }
  const part = `${partBytes / 1024 ** 2}Mi`
  const flags = [
    '--config=/dev/null',
    `--transfers=${concurrency}`,
    `--checkers=${concurrency}`,
    `--s3-chunk-size=${part}`,
    `--s3-upload-cutoff=${part}`,
    `--s3-upload-concurrency=${partConcurrency}`,
    `--azureblob-chunk-size=${part}`,
    `--azureblob-upload-concurrency=${partConcurrency}`,
    `--multi-thread-cutoff=${part}`,
    `--multi-thread-streams=${partConcurrency}`,
  ]
  const source = key === undefined ? from : `${from.replace(/\/?$/, '/')}${key}`
  // The shell tells what its children took: its last line has user and system time.
  const script = '"$@" || exit $?; times'
  const startedAt = performance.now()
  const { stdout } = await run('bash', ['-c', script, 'bash', 'rclone', 'copy', ...flags, source, to], {
    // Nothing else of the environment: settings of AWS' tools would count, too.
    env: {
      PATH: process.env['PATH'],
      LC_ALL: 'C',
      ...Object.fromEntries(Object.entries(settings).map(([name, value]) => [`RCLONE_CONFIG_${name}`, value])),
    },
  })
  const seconds = (performance.now() - startedAt) / 1_000
  const spent = [...(stdout.trimEnd().split('\n').at(-1) ?? '').matchAll(/(\d+)m([\d.]+)s/g)]
  const cpuSeconds = spent.reduce((sum, [, minutes, rest]) => sum + Number(minutes) * 60 + Number(rest), 0)
  return { seconds, cpuSeconds, loadSeconds: 0, rssBefore: 0, rssPeak: 0 }
}
