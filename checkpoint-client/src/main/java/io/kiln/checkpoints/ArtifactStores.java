package io.kiln.checkpoints;

import io.kiln.schemas.CheckpointEvent;
import io.kiln.schemas.CheckpointFile;
import io.kiln.schemas.FileRole;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * The places that files of checkpoints may come from. Whoever may write to the topic of checkpoint
 * events can name any file; a service that runs with rights of its own reads from its stores only.
 */
public final class ArtifactStores {
    /** Any place. */
    public static final ArtifactStores ANY = new ArtifactStores(List.of(), true);

    private final List<URI> folders;
    private final boolean any;

    private ArtifactStores(List<URI> folders, boolean any) {
        this.folders = folders;
        this.any = any;
    }

    /**
     * These folders and those in them.
     *
     * @param folders URIs such as file:///data/artifacts
     * @throws IllegalArgumentException if a URI has no scheme or path
     */
    public static ArtifactStores only(List<URI> folders) {
        List<URI> normal = new ArrayList<>();
        for (URI folder : folders) {
            if (folder.getScheme() == null || folder.isOpaque()) {
                throw new IllegalArgumentException(
                        "artifact store: "
                                + folder
                                + " is not allowed; expected the URI of a folder, such as"
                                + " file:///data/artifacts");
            }
            normal.add(folder.normalize());
        }
        return new ArtifactStores(List.copyOf(normal), false);
    }

    /**
     * Fetches the file of a role as {@link CheckpointSubscriber#fetch} does, if it lies in one of
     * these stores.
     *
     * @throws ArtifactMismatchException if it lies elsewhere, the event names no such file, or the
     *     file differs from the event
     * @throws IOException if it cannot be read or written
     */
    public Path fetch(CheckpointEvent event, FileRole role, Path folder) throws IOException {
        event.getFiles().stream().filter(f -> f.getRole() == role).forEach(this::require);
        return CheckpointSubscriber.fetch(event, role, folder);
    }

    /** How the names of a version's fetched files begin. */
    public static String prefix(CheckpointEvent event) {
        return Artifacts.prefix(event);
    }

    private void require(CheckpointFile file) {
        if (!contains(file.getUri())) {
            throw new ArtifactMismatchException(
                    file.getUri()
                            + " is outside the artifact stores that are allowed here; expected a"
                            + " file in "
                            + folders);
        }
    }

    private boolean contains(String file) {
        if (any) {
            return true;
        }
        URI uri;
        try {
            uri = URI.create(file);
        } catch (IllegalArgumentException e) {
            return false;
        }
        return uri.getPath() != null
                && !List.of(uri.getPath().split("/")).contains("..") // decoded, so %2e too
                && folders.stream().anyMatch(folder -> contains(folder, uri));
    }

    private static boolean contains(URI folder, URI file) {
        String path = folder.getPath().endsWith("/") ? folder.getPath() : folder.getPath() + "/";
        return folder.getScheme().equalsIgnoreCase(file.getScheme())
                && Objects.equals(authority(folder), authority(file))
                && file.getPath().startsWith(path);
    }

    private static String authority(URI uri) {
        return Objects.requireNonNullElse(uri.getRawAuthority(), "");
    }
}
