package io.kiln.config;

import java.nio.file.Path;

/** Folders as the configuration names them. */
public final class FolderUri {
    private FolderUri() {}

    /** URI of a folder, without a slash at its end whether the folder exists or not. */
    public static String of(Path folder) {
        String uri = folder.toUri().toString();
        return uri.endsWith("/") ? uri.substring(0, uri.length() - 1) : uri;
    }
}
