import { invalid } from './api-error.ts'
import type { Call } from './call.ts'
import { timeText, type Clock } from './clock.ts'

interface Version {
  data: Readonly<Record<string, unknown>> | null
  readonly createdAt: number
  deletedAt: number | undefined
  destroyed: boolean
}

const defaultMaxVersions = 10

/** One path of key/value version 2, with its versions. */
export class VersionedSecret {
  readonly #clock: Clock
  readonly #versions = new Map<number, Version>()
  readonly #createdAt: number
  #updatedAt: number
  current = 0
  oldest = 0
  maxVersions = 0
  casRequired = false
  customMetadata: Readonly<Record<string, string>> | null = null

  constructor(clock: Clock) {
    this.#clock = clock
    this.#createdAt = this.#updatedAt = clock.now
  }

  /** @throws ApiError 400 where the version that the writer has seen is not the current one. */
  checkAndSet(body: Call['body'], casRequired: boolean): void {
    const cas = (body['options'] as { cas?: unknown } | undefined)?.cas
    if (cas === undefined) {
      if (casRequired || this.casRequired) throw invalid('check-and-set parameter required for this call')
      return
    }
    if (!Number.isInteger(Number(cas))) throw invalid('error parsing check-and-set parameter')
    if (Number(cas) !== this.current) throw invalid('check-and-set parameter did not match the current version')
  }

  write(data: Readonly<Record<string, unknown>>, maxVersionsOfEngine: number): object {
    this.current += 1
    this.#updatedAt = this.#clock.now
    this.#versions.set(this.current, { data, createdAt: this.#clock.now, deletedAt: undefined, destroyed: false })
    const most = this.maxVersions || maxVersionsOfEngine || defaultMaxVersions
    for (const number of [...this.#versions.keys()]) if (number <= this.current - most) this.#versions.delete(number)
    this.oldest = Math.min(...this.#versions.keys())
    return this.metadataOf(this.current) as object
  }

  /** Data and metadata of a version; without data where it is deleted or destroyed. */
  read(number = this.current): { data: object | null; metadata: object } | undefined {
    const version = this.#versions.get(number)
    if (version === undefined) return undefined
    const gone = version.destroyed || (version.deletedAt !== undefined && version.deletedAt <= this.#clock.now)
    return { data: gone ? null : version.data, metadata: this.metadataOf(number) as object }
  }

  metadataOf(number: number): object | undefined {
    const version = this.#versions.get(number)
    return version && { version: number, ...this.#facts(version), custom_metadata: this.customMetadata }
  }

  #facts({ createdAt, deletedAt, destroyed }: Version): object {
    return {
      created_time: timeText(createdAt),
      deletion_time: deletedAt === undefined ? '' : timeText(deletedAt),
      destroyed,
    }
  }

  delete(numbers: readonly number[]): void {
    for (const version of this.#named(numbers)) if (!version.destroyed) version.deletedAt ??= this.#clock.now
  }

  undelete(numbers: readonly number[]): void {
    for (const version of this.#named(numbers)) if (!version.destroyed) version.deletedAt = undefined
  }

  destroy(numbers: readonly number[]): void {
    for (const version of this.#named(numbers)) {
      version.destroyed = true
      version.data = null
    }
  }

  #named(numbers: readonly number[]): Version[] {
    return numbers.map((number) => this.#versions.get(number)).filter((version) => version !== undefined)
  }

  /** All that is known of it but its data. */
  get metadata(): object {
    return {
      versions: Object.fromEntries([...this.#versions].map(([number, version]) => [number, this.#facts(version)])),
      current_version: this.current,
      oldest_version: this.oldest,
      created_time: timeText(this.#createdAt),
      updated_time: timeText(this.#updatedAt),
      max_versions: this.maxVersions,
      cas_required: this.casRequired,
      delete_version_after: '0s',
      custom_metadata: this.customMetadata,
    }
  }
}
