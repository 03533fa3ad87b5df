import { watchParent } from '@orderplane/service-kit';

// A command ends with the terminal that it was started from.
watchParent(() => process.kill(process.pid, 'SIGTERM'));
await import('@orderplane/example-grid');
