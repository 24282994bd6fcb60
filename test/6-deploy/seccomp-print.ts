// Prints what deploy/seccomp.json should be.
import { ROOT } from './places.ts';
import { profileText } from './seccomp-profile.ts';

process.stdout.write(profileText(`${ROOT}native/`));
