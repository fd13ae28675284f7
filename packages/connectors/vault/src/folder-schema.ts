import { z } from 'zod'
import { isPath } from './paths.ts'

/** The folder of a listing. */
export const folder = () =>
  z
    .string()
    .refine((text) => text === '' || isPath(text), 'expected a path like team/app, without slashes at its ends')
    .default('')
    .describe('Folder below the mount: team. Default: the mount itself.')
