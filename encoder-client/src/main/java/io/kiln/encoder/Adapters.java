package io.kiln.encoder;

import io.kiln.checkpoints.ArtifactMismatchException;
import io.kiln.schemas.CheckpointEvent;
import io.kiln.schemas.CheckpointEvents;
import io.kiln.schemas.FileRole;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The ways between the spaces of versions, as promotions have told so far. Not thread-safe. */
final class Adapters {
    private static final Logger LOG = LoggerFactory.getLogger(Adapters.class);

    private final EncoderFiles files;
    private final Map<Space, CheckpointEvent> promotions = new HashMap<>();
    private final Set<Space> withdrawn = new HashSet<>(); // their files may have been deleted

    Adapters(EncoderFiles files) {
        this.files = files;
    }

    /** Takes the next event. */
    void add(CheckpointEvent event) {
        Space space = Space.of(event);
        switch (event.getStatus()) {
            case PROMOTED -> {
                promotions.put(space, event);
                withdrawn.remove(space);
            }
            case REVOKED, RETIRED -> withdrawn.add(space);
            case CANDIDATE, UNKNOWN -> {} // the latter of a later Kiln
        }
    }

    /**
     * The adapters that take a version's embeddings into a space, one after the other; none if it
     * is the version's own.
     *
     * @throws NoAdapterException if they do not lead there
     * @throws IOException if a file cannot be read
     */
    List<Adapter> path(Space version, Space wanted) throws IOException {
        List<Adapter> path = new ArrayList<>();
        Set<Space> passed = new HashSet<>();
        Space space = version;
        while (!space.equals(wanted)) {
            if (!passed.add(space)) {
                throw new NoAdapterException(version, wanted, "adapters lead back to " + space);
            }
            Optional<Adapter> adapter = adapter(space);
            if (adapter.isEmpty()) {
                String reason =
                        withdrawn.contains(space)
                                ? " is revoked or retired, and its adapter is not there"
                                : " came without an adapter";
                throw new NoAdapterException(version, wanted, space + reason);
            }
            path.add(adapter.get());
            space = adapter.get().from();
        }
        return path;
    }

    private Optional<Adapter> adapter(Space space) throws IOException {
        @Nullable CheckpointEvent event = promotions.get(space);
        Optional<Advice> advice = Optional.ofNullable(event).flatMap(Advice::of);
        if (event == null || advice.equals(Optional.of(Advice.RE_EMBED))) {
            return Optional.empty();
        }
        if (CheckpointEvents.file(event, FileRole.ADAPTER).isPresent()) {
            try {
                return Optional.of(Adapter.read(event, files.fetch(event, FileRole.ADAPTER)));
            } catch (ArtifactMismatchException e) {
                if (withdrawn.contains(space)) {
                    return Optional.empty(); // and it does not come back
                }
                throw e;
            }
        }
        return Space.before(event)
                .filter(before -> advice.equals(Optional.of(Advice.KEEP)))
                .map(before -> Adapter.keeping(event, before));
    }

    /** What a version means for stored embeddings; empty of its own, and if it is not known. */
    Optional<Advice> advice(Space version, Space stored) {
        if (stored.equals(version)) {
            return Optional.empty();
        }
        try {
            return Optional.of(Advice.of(path(version, stored)));
        } catch (NoAdapterException e) {
            return Optional.of(Advice.RE_EMBED);
        } catch (IOException | RuntimeException e) { // the version serves without
            LOG.warn("no advice on embeddings in the space {}: {}", stored, e.toString());
            return Optional.empty();
        }
    }
}
