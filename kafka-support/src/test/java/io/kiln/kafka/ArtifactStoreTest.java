package io.kiln.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kiln.config.FolderUri;
import io.kiln.schemas.CheckpointFile;
import io.kiln.schemas.FileRole;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ArtifactStoreTest {
    private static final byte[] CONTENT = {1, 2, 3, 4};

    @TempDir Path folder;

    private ArtifactStore store;

    @BeforeEach
    void open() {
        store = new ArtifactStore(folder.toUri().toString());
    }

    private CheckpointFile write(ArtifactStore.Content content) throws IOException {
        return store.write("run", "weights.bin", FileRole.ENCODER, "bin", content);
    }

    @Test
    void fileThatIsWrittenAgainTakesThePlaceOfTheFirst() throws Exception {
        CheckpointFile first = write(out -> out.write(CONTENT));
        assertThat(write(out -> out.write(CONTENT))).isEqualTo(first);
        assertThat(folder.resolve("run").toFile().list()).containsExactly("weights.bin");
        assertThat(folder.resolve("run/weights.bin")).hasBinaryContent(CONTENT);
    }

    @Test
    void aFileIsInTheStoreThatWroteIt() throws Exception {
        ArtifactStore spaced = new ArtifactStore(FolderUri.of(folder.resolve("a b%")));
        String uri = spaced.write("run", "w", FileRole.ENCODER, "bin", o -> o.write(1)).getUri();
        assertThat(spaced.holds(uri)).isTrue();
        assertThat(new ArtifactStore(FolderUri.of(folder.resolve("a b"))).holds(uri)).isFalse();
        assertThat(store.holds(uri)).isTrue();
    }

    /** As after a pause in which the task was replaced: its replacement has renamed the file. */
    @Test
    void attemptThatComesTooLateLeavesTheFileOfItsReplacementAlone() {
        ArtifactStore.Content interrupted =
                out -> {
                    out.write(CONTENT, 0, 2);
                    write(replacement -> replacement.write(CONTENT));
                    out.write(CONTENT, 2, 2);
                };
        assertThatThrownBy(() -> write(interrupted))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("weights.bin cannot be written")
                .hasMessageContaining("another attempt has renamed it");
        assertThat(folder.resolve("run/weights.bin")).hasBinaryContent(CONTENT);
    }
}
