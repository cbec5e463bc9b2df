/** The version that `--version` tells: the package's own. */
import manifest from '../package.json' with { type: 'json' };

export const VERSION: string = manifest.version;
