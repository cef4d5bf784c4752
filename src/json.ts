/** Plain data, as it travels from the command line to the daemon and into the manifest. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
