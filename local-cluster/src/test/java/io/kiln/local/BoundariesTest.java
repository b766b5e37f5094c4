package io.kiln.local;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

class BoundariesTest {
    @Test
    void dependsOnlyOnWhatTheDesignAllows() {
        JavaClasses production =
                new ClassFileImporter()
                        .withImportOption(new ImportOption.DoNotIncludeTests())
                        .importPackages("io.kiln.local");
        noClasses()
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "io.kiln.config..",
                        "io.kiln.schemas..",
                        "io.kiln.ingest..",
                        "io.kiln.masking..",
                        "io.kiln.model..",
                        "io.kiln.training..",
                        "io.kiln.checkpoints..",
                        "io.kiln.cli..",
                        "org.apache.flink..",
                        "ai.djl..")
                .because("it starts other people's servers and knows nothing of Kiln")
                .check(production);
    }
}
