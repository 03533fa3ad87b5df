// The first file that `npm start`, `npm test` and the other commands run, by whatever Node the machine has. Only Node's
// built-ins, and in this file only old syntax, so that an old Node reaches the message below instead of a SyntaxError.

var version = process.versions.node;
var major = Number(version.split('.')[0]);

if (major < 18) {
  console.error('');
  console.error(
    '  Orderplane needs Node 18 or newer to start (it then brings its own Node 24); this is Node ' + version + '.',
  );
  console.error(
    '  Install a current Node, for example from https://nodejs.org or with your package manager, then run the command again.',
  );
  process.exit(71);
} else {
  import('./bootstrap/main.mjs').then(function (main) {
    return main.run(process.argv.slice(2));
  });
}
