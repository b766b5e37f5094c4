package io.kiln.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class OriginTest {
    @Test
    void fileIsNamedAsGivenAndByItsWholeUri() {
        Origin origin = Origin.of(Path.of("./some folder/ä.jpg"));
        assertThat(origin.name()).isEqualTo("./some folder/ä.jpg");
        assertThat(origin.uri())
                .startsWith("file:///")
                .endsWith("/some%20folder/%C3%A4.jpg")
                .doesNotContain("/./");
    }

    @Test
    void memberStandsAfterTheArchive() {
        Origin member = new Origin("a.tar", "file:///data/a.tar").member("b c/d#1.jpg");
        assertThat(member.name()).isEqualTo("a.tar!b c/d#1.jpg");
        assertThat(member.uri()).isEqualTo("file:///data/a.tar!b%20c/d%231.jpg");
    }

    @Test
    void controlCharactersReachNoTerminal() {
        assertThat(new Origin("a.zip", "file:///a.zip").member("x\u001b[2Jy\n.jpg").name())
                .isEqualTo("a.zip!x?[2Jy?.jpg");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "//host/x",
                "http://x",
                "a\ud800b",
                "\u0000",
                "%",
                "?q#f",
                "e\u0301",
                "[",
                ""
            })
    void anyNameOfAMemberMakesAUri(String name) {
        URI uri = URI.create(new Origin("a.zip", "file:///a.zip").member(name).uri());
        assertThat(uri.getScheme()).isEqualTo("file");
        assertThat(uri.getRawFragment()).isNull();
        assertThat(uri.getRawQuery()).isNull();
    }

    @ParameterizedTest
    @CsvSource({
        "a/b.jpg, false",
        "./a/b.jpg, false",
        "../a.b/c.jpg, false",
        ".hidden, true",
        "a/.git/b.jpg, true",
        "./._a.jpg, true"
    })
    void hiddenMembersAreThoseWithADotInFront(String path, boolean hidden) {
        assertThat(Origin.isHidden(path)).isEqualTo(hidden);
    }
}
