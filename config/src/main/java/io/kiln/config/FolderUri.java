package io.kiln.config;

import java.nio.file.Path;

/** Writes folders as the configuration expects them. */
public final class FolderUri {
    private FolderUri() {}

    /** The URI of a folder. It never ends with a slash, whether the folder exists or not. */
    public static String of(Path folder) {
        String uri = folder.toUri().toString();
        return uri.endsWith("/") ? uri.substring(0, uri.length() - 1) : uri;
    }
}
