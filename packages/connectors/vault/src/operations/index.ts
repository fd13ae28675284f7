export { createNote } from './create-note.ts'
export { deleteNote } from './delete-note.ts'
export { getNote } from './get-note.ts'
export { putNote } from './put-note.ts'
