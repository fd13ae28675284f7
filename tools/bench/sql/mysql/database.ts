import { createConnection, type Connection } from 'mysql2/promise'

/** The database of the bench; on a server that others use, nothing else is touched. */
export const database = 'casare_bench'

/** A bare connection to it, made where it is missing. */
export async function bareConnection(url: string): Promise<Connection> {
  const connection = await createConnection({ uri: url })
  await connection.query(`create database if not exists ${database}`)
  await connection.query(`use ${database}`)
  return connection
}

/** The URL with that database. */
export function benchUrl(url: string): string {
  const inDatabase = new URL(url)
  inDatabase.pathname = `/${database}`
  return inDatabase.href
}
