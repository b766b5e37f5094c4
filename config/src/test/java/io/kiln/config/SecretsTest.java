package io.kiln.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SecretsTest {
    @ParameterizedTest
    @CsvSource({
        "https://user:pw@host/a.png, https://host/a.png",
        "https://host/a@b.png, https://host/a@b.png",
        "https://host/view?id=7&page=2, https://host/view?id=7&page=2",
        "https://h/a?X-Amz-Date=1&X-Amz-Signature=ab12&x=1, https://h/a?X-Amz-Date=1&X-Amz-Signature=(hidden)&x=1",
        "https://h/a?X-Amz-Credential=AK&X-Amz-Security-Token=t, https://h/a?X-Amz-Credential=(hidden)&X-Amz-Security-Token=(hidden)",
        "https://h/a?X-Goog-Signature=a$1#f, https://h/a?X-Goog-Signature=(hidden)#f",
        "https://h/a?sv=2&sig=x%2B&sp=r, https://h/a?sv=2&sig=(hidden)&sp=r",
        "https://h/a?Policy=p&Key-Pair-Id=k&access_token=t, https://h/a?Policy=(hidden)&Key-Pair-Id=k&access_token=(hidden)",
        "https://h/a?apikey=1&key=2;password=3, https://h/a?apikey=(hidden)&key=(hidden);password=(hidden)",
        "/a/file?sig=1, /a/file?sig=(hidden)",
        "https://a@b:c@host/x@y, https://host/x@y",
        "https://${file:/run/u}:${file:/run/p?#}@host/x, https://host/x",
        "https://${file:/run/u@h}, https://h}",
        "https://${file:/run/u/x@h, https://${file:/run/u/x@h",
        "user:pw@host/x, user:pw@host/x",
        "https://h/a??sig=1&key?=2&?token?x=3#?pwd=4, https://h/a??sig=(hidden)&key?=2&?token?x=(hidden)#?pwd=(hidden)",
        "https://h/a?sig&token=1?b, https://h/a?sig&token=(hidden)",
        "https://h/a?token\u2028=1, https://h/a?token\u2028=(hidden)",
    })
    void aUrlIsShownWithoutWhatAuthorises(String url, String shown) {
        assertThat(Secrets.url(url)).isEqualTo(shown);
    }

    @Test
    void longUrlNeedsNoDeepStackAndNoLongTime() {
        for (String part : List.of("a", "${a}", "@", "${")) {
            assertThat(Secrets.url("http://" + part.repeat(30_000) + "/x")).endsWith("/x");
        }
        String host = "http://" + "a".repeat(30_000) + "/x";
        assertThat(Secrets.url(host)).isEqualTo(host);
        assertThat(Secrets.hasUserInfo(host)).isFalse();
        assertThat(Secrets.hasUserInfo("http://" + "a".repeat(30_000) + "@h/x")).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"?", "?sig", "?token", "token", "&token=", "?token\u2028"})
    @Timeout(2)
    void longQueryTakesNoLongTime(String part) {
        String query = "https://h/a?" + part.repeat(32_768 / part.length());
        assertThat(Secrets.url(query)).startsWith("https://h/a?");
        assertThat(Secrets.url(query + "\u2028=1")).startsWith("https://h/a?");
    }
}
