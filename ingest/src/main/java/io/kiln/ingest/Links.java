package io.kiln.ingest;

/** Which symbolic links in a folder are followed. */
public enum Links {
    /** Those that lead to something in the same folder. Others are refused and named. */
    WITHIN,
    /** All, so that whoever can write to the folder chooses what is read. */
    ANYWHERE
}
