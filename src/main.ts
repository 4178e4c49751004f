import { runGateway } from 'portcullis';
import { AppModule } from './app/app.module.js';

await runGateway(AppModule);
