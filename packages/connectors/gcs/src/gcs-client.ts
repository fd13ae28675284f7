import type { Storage } from '@google-cloud/storage'
import type { Agent } from 'node:http'
import type { UploadMemory } from './driver/upload-memory.ts'

/** Google's client, and how requests are sent for whom. */
export interface GcsClient {
  /** The SDK's own, with the same credentials and without retries. */
  readonly sdk: Storage
  readonly endpoint: URL
  readonly agent: Agent
  /** Headers that say who we are. @throws AccessError */
  authorize(): Promise<Readonly<Record<string, string>>>
  /** Makes the next `authorize` get another token; `false` where there is no other. */
  renew(): Promise<boolean>
  /** @throws ConnectorError `invalid_input` where nobody says */
  projectId(): Promise<string>
  /** What this process knows of its unfinished uploads. */
  readonly uploads: UploadMemory
  /** Ends the connections. */
  destroy(): void
}
