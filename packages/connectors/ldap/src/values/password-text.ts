import { invalidInput, type CallContext, type Secret } from '@casare/core'

const maxCharacters = 4_096

/**
 * The text of a password for the wire; from here on it is kept out of logs and messages.
 * @throws `invalid_input` for one of over 4,096 characters, which no directory takes.
 */
export function passwordText(password: Secret, redactor: CallContext['redactor']): string {
  const text = password.reveal()
  if (text.length > maxCharacters) throw invalidInput(`The password is longer than ${maxCharacters} characters.`)
  redactor.add(text)
  return text
}
