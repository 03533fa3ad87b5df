/**
 * graphql-js quotes what it was given: a value of the wrong kind (whole, with all fields beside the wrong one), or what
 * stands where it expected something else. That may be a secret, so what is said is kept and what is quoted is not.
 */
export function withoutQuotedValues(message: string): string {
  return message
    .replace(/( cannot represent [^:"]*value): [\s\S]*$/, '$1.')
    .replace(/^(Variable "\$\w+" got) invalid value [\s\S]*?(?: at "([\w.[\]]+)")?; (?=[^;]*$)/, wrongVariable)
    .replace(/^(Expected value of type "[^"]*"), found [\s\S]*$/, '$1, found another value.')
    .replace(/^(Argument "\w+" has) invalid value [\s\S]*$/, '$1 an invalid value.')
    .replace(/^(Syntax Error: [\s\S]*?(?:String|BlockString)) "[\s\S]*$/, '$1.');
}

const wrongVariable = (_whole: string, said: string, path: string | undefined): string =>
  `${said} an invalid value${path === undefined ? '' : ` at "${path}"`}; `;
