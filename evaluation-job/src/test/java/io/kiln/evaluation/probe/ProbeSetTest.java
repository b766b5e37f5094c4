package io.kiln.evaluation.probe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kiln.config.InputConfig;
import io.kiln.config.KilnConfig;
import io.kiln.evaluation.images.TestImages;
import io.kiln.images.PictureException;
import io.kiln.schemas.InputSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProbeSetTest {
    private static final InputConfig INPUT =
            KilnConfig.parse("", List.of("input.height=64", "input.width=64")).input();

    @TempDir private Path folder;

    @Test
    void picturesAreFittedToTheInputAndLabelledByTheirFolders() throws IOException {
        ProbeSet set = ProbeSet.read(TestPictures.write(folder, 6, 0x101010, 0xd0d0d0), INPUT);
        assertThat(set.size()).isEqualTo(12);
        assertThat(set.classes()).isEqualTo(2);
        assertThat(set.labels()).containsExactly(0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1);
        InputSpec version = TestImages.input();
        assertThat(set.fits(version)).isTrue();
        assertThat(set.fits(InputSpec.newBuilder(version).setWidth(96).build())).isFalse();
        float[] pixels = set.pixels(5, 7, version);
        assertThat(pixels).hasSize(2 * 3 * 64 * 64);
        assertThat(pixels[0]).isLessThan(pixels[3 * 64 * 64]);
    }

    @Test
    void idIsThatOfThePixelsAndTheirClasses() throws IOException {
        Path classes = TestPictures.write(folder, 6, 0x101010, 0xd0d0d0);
        String id = ProbeSet.read(classes, INPUT).id();
        assertThat(ProbeSet.read(classes, INPUT).id()).isEqualTo(id).hasSize(64);
        Files.move(classes.resolve("101010/0.png"), classes.resolve("d0d0d0/6.png"));
        assertThat(ProbeSet.read(classes, INPUT).id()).isNotEqualTo(id);
    }

    @Test
    void foldersOfAClassAreGroups() throws IOException {
        Path classes = TestPictures.write(folder, 6, 0x101010, 0xd0d0d0);
        assertThat(ProbeSet.read(classes, INPUT).groups()).hasSize(12).containsOnly("");
        Path may = Files.createDirectories(classes.resolve("101010/may/north"));
        Files.move(classes.resolve("101010/0.png"), may.resolve("0.png"));
        ProbeSet set = ProbeSet.read(classes, INPUT);
        assertThat(set.labels()).containsExactly(0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1);
        assertThat(set.groups()).containsOnlyOnce("may").contains("").hasSize(12);
        assertThat(set.groups().indexOf("may")).isEqualTo(5);
    }

    @Test
    void manyGroupsAreRefused() throws IOException {
        Path classes = TestPictures.write(folder, 65, 0x101010, 0xd0d0d0);
        for (int i = 0; i < 65; i++) {
            Path group = Files.createDirectories(classes.resolve("101010/" + i));
            Files.move(classes.resolve("101010/" + i + ".png"), group.resolve("a.png"));
        }
        requireFailure(classes, "has pictures of 66 groups", "expected at most 64");
    }

    @Test
    void setsThatCannotBeUsedAreNamed() throws IOException {
        requireFailure(folder.resolve("none"), "none is not a folder");
        Path classes = TestPictures.write(folder.resolve("all"), 5, 0x101010);
        requireFailure(classes, "has one folder in it; expected a folder for each class");
        TestPictures.write(classes, 4, 0xd0d0d0);
        requireFailure(classes, "d0d0d0 has 4 pictures; expected at least 5, one for each fold");
        Path bad = Files.writeString(classes.resolve("d0d0d0/bad.png"), "no picture");
        requireFailure(classes, bad + " cannot be used", "take it out of its folder");
    }

    @Test
    void setsThatAreTooLargeForTheMemoryAreRefused() throws IOException {
        InputConfig large =
                KilnConfig.parse("", List.of("input.height=4096", "input.width=4096")).input();
        Path classes = TestPictures.write(folder, 5, 0x101010, 0xd0d0d0);
        assertThatThrownBy(() -> ProbeSet.read(classes, large))
                .isInstanceOf(PictureException.class)
                .hasMessageContaining("expected at most 5 pictures of 4096 x 4096 pixels");
    }

    private static void requireFailure(Path classes, String... expected) {
        assertThatThrownBy(() -> ProbeSet.read(classes, INPUT))
                .isInstanceOf(PictureException.class)
                .hasMessageContainingAll(expected);
    }
}
